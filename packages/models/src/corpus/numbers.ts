/** Counting, prices, dates, clocks and telephone numbers. */
export const numbers = `
现在几点了？
三点四十五分。
电影几点开始？
四点，我们还有十五分钟。

今天星期几？
星期三。
后天呢？
星期五，可以睡懒觉的前一天。

你的电话号码是多少？
一三八，后面八个数我写给你。
我念一遍，你听对不对。

一年有多少天？
三百六十五天，闰年多一天。
多出来的那天在几月？
在二月，第二十九天。

这件毛衣多少钱？
一百二十八块。
打八折是多少？
一百零二块四。

数到十给我听。
一、二、三、四、五、六、七、八、九、十。
倒过来呢？
十、九、八、七、六、五、四、三、二、一，火箭飞了！

一打是几个？
十二个。
半打呢？
六个，正好一盒鸡蛋。

你身高多少？
一米七二。
体重呢？
等我放下这碗面再说。

从一楼到五楼要爬几层？
四层。
为什么不是五层？
因为一楼不用爬，你已经站在那儿了。

“万”比“千”大多少？
一万是十个一千。
那“亿”呢？
一亿是一万个一万。

我们班有三十六个人，分成四组。
每组九个人。
要是再来两个呢？
那有两组是十个人。

二〇二四年是闰年吗？
是，它能被四整除。
那二一〇〇年呢？
不是，整百的年份要能被四百整除。

你的生日是几月几号？
九月十二号。
那你快过生日了。
还有二十天，我天天在数。

一公里等于几里？
等于两里。
那我今天走了十里路。
也就是五公里，很厉害。

温度是三十八度五。
那是发烧了，快去躺下。

Count from one to ten, please.
One, two, three, four, five, six, seven, eight, nine, ten.
Now in twos.
Two, four, six, eight, ten. That was faster.

What time is it?
A quarter past seven.
Then the bus left five minutes ago.

How many days are there in March?
Thirty-one.
And in April?
Thirty, the same as in June.

How much is it altogether?
Three at four dollars makes twelve dollars.
Here is a twenty.
And here is eight back.

What is your room number?
Four hundred and seven, on the fourth floor.

How old is this bridge?
It was built in 1890.
So it has stood through a lot of rain.

How many letters are there in English?
Twenty-six.
And how many do you use most?
The letter e is the busiest of all.

Is a thousand seconds a long time?
Not quite seventeen minutes.
And a million?
Eleven and a half days.
And a billion? Almost thirty-two years!

What is ten percent of ninety?
Nine.
And fifteen percent?
Thirteen and a half.

Which floor, please?
The third.
Going up.

My lucky number is seven. What's yours?
Whichever one the bus has.

How many eggs are left?
There were twelve, and we used five.
So seven.
Six. I dropped one.
`;
