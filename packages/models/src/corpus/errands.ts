/** Everyday errands: shops, post office, doctor, phone, work. */
export const errands = `
我想寄一个包裹到广州。
里面是什么？
两斤茶叶，还有一封信。
写好地址，三天就到。

这条裤子有大一号的吗？
有，黑色的还剩一条。
我可以试试吗？
试衣间在左边，帘子后面。

医生，我嗓子疼。
张开嘴，说“啊”。
啊——
有点红，多喝水，少说话。
老师上课怎么少说话？
让学生多说。

你的手机怎么打不通？
没电了，刚充上。
我找了你一上午，钥匙在你那儿。
我这就给你送过去。

这个周六能借用会议室吗？
上午有人，下午空着。
那就下午两点到四点。
好，我记在本子上了。

师傅，自行车的链子掉了。
放这儿，五分钟就好。
多少钱？
不要钱，我只是把它挂回去。

我想办一张借书证。
请填一下这张表，再给我一张照片。
一次可以借几本？
十本，可以看一个月。

快递放在门口可以吗？
今天有雨，请放在楼下的柜子里。
好的，取件码发给您。

灯泡坏了，你会换吗？
先把开关关上，等它凉了再拧。
哪边是松？
往左拧是松，往右拧是紧。

新工作怎么样？
同事都很好，就是名字还记不全。
你记住了几个？
三个，还有一个是门卫的狗。

I'd like to send this to Canada.
By air or by sea?
Which is cheaper?
By sea, but it will arrive in spring.

Do you have this in blue?
Only in green and yellow.
I'll take the green. It is nearly blue.

My phone is dead. May I borrow yours?
Sure. Do you know the number by heart?
Only my mother's.

Could you repair this watch?
It only needs a new battery.
And I have been early for nothing all week.

I have a headache.
Since when?
Since I started to read the manual.

Can we move the meeting to Thursday?
Thursday is fine, but not before ten.
Then at eleven, with biscuits.

Is the library open on Sunday?
In the afternoon, from one until five.
Good. My books are only three weeks late.

Which key opens the cellar?
The rusty one.
They are all rusty.
The one that you try last.

A haircut, please. Not too short.
About here?
A little higher. Stop!
Too late, but it suits you.

Did you buy the light bulbs?
I bought candles. The shop was dark.
`;
