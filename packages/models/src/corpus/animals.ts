/** Creatures of the house, the pond and the sea. */
export const animals = `
猫为什么喜欢晒太阳？
晒太阳暖和，省力气。
它省下力气做什么？
晚上在走廊里跑来跑去。

大象用什么喝水？
用鼻子吸水，再送进嘴里。
它直接用鼻子喝吗？
不，鼻子是用来呼吸的，就像我们的一样。

蝴蝶小时候是什么样子？
是一条毛毛虫，天天吃叶子。
它知道自己会飞吗？
大概不知道，所以才吃得那么专心。

鲸是鱼吗？
不是，它用肺呼吸，生下小鲸来喂奶。
那它为什么住在海里？
它的祖先很久以前从岸上走回去的。

小狗摇尾巴是什么意思？
多半是高兴，也要看它的耳朵和身子。
它现在趴着，眼睛眯着。
那是说：别停，再摸一会儿。

蜜蜂怎么告诉同伴哪里有花？
它会跳舞，转的方向就是花的方向。
跳错了怎么办？
大家就白飞一趟。

鸟睡觉的时候为什么不掉下来？
它蹲下来，爪子就会自己抓紧。
真聪明的爪子。

熊猫一天吃多少竹子？
十几公斤，要吃十个小时以上。
那它什么时候玩？
吃着玩。

池塘里的荷叶上坐着谁？
一只小青蛙，正在等苍蝇。
它等了多久？
从我们来的时候一直等到现在。

蜗牛一小时能走多远？
几米吧，路上还要停下来想一想。
它要去哪里？
它已经在家里了。

How does a cat always land on its feet?
It turns in the air, first the front, then the back.
Who taught it?
Falling did.

Is a spider an insect?
No. Insects have six legs, and spiders have eight.
I stopped counting at "legs".

What do owls eat?
Mostly mice, and they eat them whole.
No table manners at all.

Why do geese fly in the shape of a V?
Each one rides on the air of the one in front.
And the first?
They take turns.

Can fish hear?
Yes, though you can't see their ears.
Then I'm sorry about my singing by the pond.

How old can a tortoise get?
Well over a hundred years.
What does it do all that time?
One thing after another.

Do bees sleep?
They do, sometimes inside a flower.
That must be the nicest hotel in the garden.

What is the fastest animal on land?
The cheetah, but only for a few hundred metres.
So I could win a marathon against it?
If it agrees to start.
`;
